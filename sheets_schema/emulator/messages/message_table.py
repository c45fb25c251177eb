"""The fields of every message the emulator takes or gives, as a table.

Facts from Google's discovery document (revision 20261019); a test compares the two, so the table cannot drift. One
message starts at the left margin; `name:type` is a field, `[]` a list, `{}` a map, and `name!` a field that Google knows
and the emulator does not serve: it is refused by name.
"""

MESSAGES = """
AddBandingRequest = bandedRange:BandedRange
AddBandingResponse = bandedRange:BandedRange
AddConditionalFormatRuleRequest = index:int32 rule:ConditionalFormatRule
AddDimensionGroupRequest = range:DimensionRange
AddDimensionGroupResponse = dimensionGroups:[]DimensionGroup
AddFilterViewRequest = filter:FilterView
AddFilterViewResponse = filter:FilterView
AddNamedRangeRequest = namedRange:NamedRange
AddNamedRangeResponse = namedRange:NamedRange
AddProtectedRangeRequest = protectedRange:ProtectedRange
AddProtectedRangeResponse = protectedRange:ProtectedRange
AddSheetRequest = properties:SheetProperties
AddSheetResponse = properties:SheetProperties
AppendCellsRequest = fields:mask rows:[]RowData sheetId:int32 tableId!
AppendDimensionRequest = dimension:Dimension length:int32 sheetId:int32
AppendValuesResponse = spreadsheetId:string tableRange:string updates:UpdateValuesResponse
AutoResizeDimensionsRequest = dataSourceSheetDimensions! dimensions:DimensionRange
BandedRange = bandedRangeId:int32 bandedRangeReference:string columnProperties:BandingProperties range:GridRange
    rowProperties:BandingProperties
BandingProperties = firstBandColor:Color firstBandColorStyle:ColorStyle footerColor:Color
    footerColorStyle:ColorStyle headerColor:Color headerColorStyle:ColorStyle secondBandColor:Color
    secondBandColorStyle:ColorStyle
BasicFilter = criteria:{}FilterCriteria filterSpecs:[]FilterSpec range:GridRange sortSpecs:[]SortSpec tableId!
BatchClearValuesByDataFilterRequest = dataFilters:[]DataFilter
BatchClearValuesByDataFilterResponse = clearedRanges:[]string spreadsheetId:string
BatchClearValuesRequest = ranges:[]string
BatchClearValuesResponse = clearedRanges:[]string spreadsheetId:string
BatchGetValuesByDataFilterRequest = dataFilters:[]DataFilter dateTimeRenderOption:DateTimeRenderOption
    majorDimension:Dimension valueRenderOption:ValueRenderOption
BatchGetValuesByDataFilterResponse = spreadsheetId:string valueRanges:[]MatchedValueRange
BatchGetValuesResponse = spreadsheetId:string valueRanges:[]ValueRange
BatchUpdateSpreadsheetRequest = commentsViewMode! includeSpreadsheetInResponse:bool requests:[]Request
    responseIncludeGridData:bool responseRanges:[]string
BatchUpdateSpreadsheetResponse = commentUpdateState:CommentUpdateState replies:[]Response spreadsheetId:string
    updatedSpreadsheet:Spreadsheet
BatchUpdateValuesByDataFilterRequest = data:[]DataFilterValueRange includeValuesInResponse:bool
    responseDateTimeRenderOption:DateTimeRenderOption responseValueRenderOption:ValueRenderOption
    valueInputOption:ValueInputOption
BatchUpdateValuesByDataFilterResponse = responses:[]UpdateValuesByDataFilterResponse spreadsheetId:string
    totalUpdatedCells:int32 totalUpdatedColumns:int32 totalUpdatedRows:int32 totalUpdatedSheets:int32
BatchUpdateValuesRequest = data:[]ValueRange includeValuesInResponse:bool
    responseDateTimeRenderOption:DateTimeRenderOption responseValueRenderOption:ValueRenderOption
    valueInputOption:ValueInputOption
BatchUpdateValuesResponse = responses:[]UpdateValuesResponse spreadsheetId:string totalUpdatedCells:int32
    totalUpdatedColumns:int32 totalUpdatedRows:int32 totalUpdatedSheets:int32
BooleanCondition = type:ConditionType values:[]ConditionValue
BooleanRule = condition:BooleanCondition format:CellFormat
Border = color:Color colorStyle:ColorStyle style:BorderStyle width:int32
Borders = bottom:Border left:Border right:Border top:Border
CellData = chipRuns! dataSourceFormula! dataSourceTable! dataValidation:DataValidationRule
    effectiveFormat:CellFormat effectiveValue:ExtendedValue formattedValue:string hyperlink:string note:string
    pivotTable! textFormatRuns:[]TextFormatRun userEnteredFormat:CellFormat userEnteredValue:ExtendedValue
CellFormat = backgroundColor:Color backgroundColorStyle:ColorStyle borders:Borders
    horizontalAlignment:HorizontalAlign hyperlinkDisplayType:HyperlinkDisplayType numberFormat:NumberFormat
    padding:Padding textDirection:TextDirection textFormat:TextFormat textRotation:TextRotation
    verticalAlignment:VerticalAlign wrapStrategy:WrapStrategy
ClearBasicFilterRequest = sheetId:int32
ClearValuesRequest =
ClearValuesResponse = clearedRange:string spreadsheetId:string
Color = alpha:float blue:float green:float red:float
ColorStyle = rgbColor:Color themeColor:ThemeColorType
ConditionValue = relativeDate:RelativeDate userEnteredValue:string
ConditionalFormatRule = booleanRule:BooleanRule gradientRule:GradientRule ranges:[]GridRange
CopyPasteRequest = destination:GridRange pasteOrientation:PasteOrientation pasteType:PasteType source:GridRange
CopySheetToAnotherSpreadsheetRequest = destinationSpreadsheetId:string
CreateDeveloperMetadataRequest = developerMetadata:DeveloperMetadata
CreateDeveloperMetadataResponse = developerMetadata:DeveloperMetadata
CutPasteRequest = destination:GridCoordinate pasteType:PasteType source:GridRange
DataFilter = a1Range:string developerMetadataLookup:DeveloperMetadataLookup gridRange:GridRange
DataFilterValueRange = dataFilter:DataFilter majorDimension:Dimension values:[][]any
DataValidationRule = condition:BooleanCondition inputMessage:string showCustomUi:bool strict:bool
DeleteBandingRequest = bandedRangeId:int32
DeleteConditionalFormatRuleRequest = index:int32 sheetId:int32
DeleteConditionalFormatRuleResponse = rule:ConditionalFormatRule
DeleteDeveloperMetadataRequest = dataFilter:DataFilter
DeleteDeveloperMetadataResponse = deletedDeveloperMetadata:[]DeveloperMetadata
DeleteDimensionGroupRequest = range:DimensionRange
DeleteDimensionGroupResponse = dimensionGroups:[]DimensionGroup
DeleteDimensionRequest = range:DimensionRange
DeleteDuplicatesRequest = comparisonColumns:[]DimensionRange range:GridRange
DeleteDuplicatesResponse = duplicatesRemovedCount:int32
DeleteFilterViewRequest = filterId:int32
DeleteNamedRangeRequest = namedRangeId:string
DeleteProtectedRangeRequest = protectedRangeId:int32
DeleteRangeRequest = range:GridRange shiftDimension:Dimension
DeleteSheetRequest = sheetId:int32
DeveloperMetadata = location:DeveloperMetadataLocation metadataId:int32 metadataKey:string metadataValue:string
    visibility:DeveloperMetadataVisibility
DeveloperMetadataLocation = dimensionRange:DimensionRange locationType:DeveloperMetadataLocationType sheetId:int32
    spreadsheet:bool
DeveloperMetadataLookup = locationMatchingStrategy:DeveloperMetadataLocationMatchingStrategy
    locationType:DeveloperMetadataLocationType metadataId:int32 metadataKey:string
    metadataLocation:DeveloperMetadataLocation metadataValue:string visibility:DeveloperMetadataVisibility
DimensionGroup = collapsed:bool depth:int32 range:DimensionRange
DimensionProperties = dataSourceColumnReference! developerMetadata:[]DeveloperMetadata hiddenByFilter:bool
    hiddenByUser:bool pixelSize:int32
DimensionRange = dimension:Dimension endIndex:int32 sheetId:int32 startIndex:int32
DuplicateFilterViewRequest = filterId:int32
DuplicateFilterViewResponse = filter:FilterView
DuplicateSheetRequest = insertSheetIndex:int32 newSheetId:int32 newSheetName:string sourceSheetId:int32
DuplicateSheetResponse = properties:SheetProperties
Editors = domainUsersCanEdit:bool groups:[]string users:[]string
ErrorValue = message:string type:ErrorType
ExtendedValue = boolValue:bool errorValue:ErrorValue formulaValue:string numberValue:double stringValue:string
FilterCriteria = condition:BooleanCondition hiddenValues:[]string visibleBackgroundColor:Color
    visibleBackgroundColorStyle:ColorStyle visibleForegroundColor:Color visibleForegroundColorStyle:ColorStyle
FilterSpec = columnIndex:int32 dataSourceColumnReference! filterCriteria:FilterCriteria
FilterView = criteria:{}FilterCriteria filterSpecs:[]FilterSpec filterViewId:int32 namedRangeId:string
    range:GridRange sortSpecs:[]SortSpec tableId! title:string
FindReplaceRequest = allSheets:bool find:string includeFormulas:bool matchCase:bool matchEntireCell:bool
    range:GridRange replacement:string searchByRegex:bool sheetId:int32
FindReplaceResponse = formulasChanged:int32 occurrencesChanged:int32 rowsChanged:int32 sheetsChanged:int32
    valuesChanged:int32
GetSpreadsheetByDataFilterRequest = commentsViewMode! dataFilters:[]DataFilter excludeTablesInBandedRanges:bool
    includeGridData:bool
GradientRule = maxpoint:InterpolationPoint midpoint:InterpolationPoint minpoint:InterpolationPoint
GridCoordinate = columnIndex:int32 rowIndex:int32 sheetId:int32
GridData = columnMetadata:[]DimensionProperties rowData:[]RowData rowMetadata:[]DimensionProperties
    startColumn:int32 startRow:int32
GridProperties = columnCount:int32 columnGroupControlAfter:bool frozenColumnCount:int32 frozenRowCount:int32
    hideGridlines:bool rowCount:int32 rowGroupControlAfter:bool
GridRange = endColumnIndex:int32 endRowIndex:int32 sheetId:int32 startColumnIndex:int32 startRowIndex:int32
InsertDimensionRequest = inheritFromBefore:bool range:DimensionRange
InsertRangeRequest = range:GridRange shiftDimension:Dimension
InterpolationPoint = color:Color colorStyle:ColorStyle type:InterpolationPointType value:string
IterativeCalculationSettings = convergenceThreshold:double maxIterations:int32
Link = uri:string
MatchedDeveloperMetadata = dataFilters:[]DataFilter developerMetadata:DeveloperMetadata
MatchedValueRange = dataFilters:[]DataFilter valueRange:ValueRange
MergeCellsRequest = mergeType:MergeType range:GridRange
MoveDimensionRequest = destinationIndex:int32 source:DimensionRange
NamedRange = name:string namedRangeId:string range:GridRange
NumberFormat = pattern:string type:NumberFormatType
Padding = bottom:int32 left:int32 right:int32 top:int32
PasteDataRequest = coordinate:GridCoordinate data:string delimiter:string html:bool type:PasteType
ProtectedRange = description:string editors:Editors namedRangeId:string protectedRangeId:int32 range:GridRange
    requestingUserCanEdit:bool tableId! unprotectedRanges:[]GridRange warningOnly:bool
RepeatCellRequest = cell:CellData fields:mask range:GridRange
Request = addBanding:AddBandingRequest addChart:AddChartRequest addCommentReply!
    addConditionalFormatRule:AddConditionalFormatRuleRequest addDataSource!
    addDimensionGroup:AddDimensionGroupRequest addFilterView:AddFilterViewRequest addNamedRange:AddNamedRangeRequest
    addProtectedRange:AddProtectedRangeRequest addSheet:AddSheetRequest addSlicer:AddSlicerRequest addTable!
    appendCells:AppendCellsRequest appendDimension:AppendDimensionRequest autoFill!
    autoResizeDimensions:AutoResizeDimensionsRequest cancelDataSourceRefresh!
    clearBasicFilter:ClearBasicFilterRequest copyPaste:CopyPasteRequest
    createDeveloperMetadata:CreateDeveloperMetadataRequest cutPaste:CutPasteRequest
    deleteBanding:DeleteBandingRequest deleteComment! deleteCommentReply!
    deleteConditionalFormatRule:DeleteConditionalFormatRuleRequest deleteDataSource!
    deleteDeveloperMetadata:DeleteDeveloperMetadataRequest deleteDimension:DeleteDimensionRequest
    deleteDimensionGroup:DeleteDimensionGroupRequest deleteDuplicates:DeleteDuplicatesRequest
    deleteEmbeddedObject:DeleteEmbeddedObjectRequest deleteFilterView:DeleteFilterViewRequest
    deleteNamedRange:DeleteNamedRangeRequest deleteProtectedRange:DeleteProtectedRangeRequest
    deleteRange:DeleteRangeRequest deleteSheet:DeleteSheetRequest deleteTable!
    duplicateFilterView:DuplicateFilterViewRequest duplicateSheet:DuplicateSheetRequest
    findReplace:FindReplaceRequest insertComment! insertDimension:InsertDimensionRequest
    insertRange:InsertRangeRequest mergeCells:MergeCellsRequest moveDimension:MoveDimensionRequest
    pasteData:PasteDataRequest randomizeRange! refreshDataSource! repeatCell:RepeatCellRequest
    setBasicFilter:SetBasicFilterRequest setDataValidation:SetDataValidationRequest sortRange:SortRangeRequest
    textToColumns:TextToColumnsRequest trimWhitespace:TrimWhitespaceRequest unmergeCells:UnmergeCellsRequest
    updateBanding:UpdateBandingRequest updateBorders:UpdateBordersRequest updateCells:UpdateCellsRequest
    updateChartSpec:UpdateChartSpecRequest updateCommentPost!
    updateConditionalFormatRule:UpdateConditionalFormatRuleRequest updateDataSource!
    updateDeveloperMetadata:UpdateDeveloperMetadataRequest updateDimensionGroup:UpdateDimensionGroupRequest
    updateDimensionProperties:UpdateDimensionPropertiesRequest
    updateEmbeddedObjectBorder:UpdateEmbeddedObjectBorderRequest
    updateEmbeddedObjectPosition:UpdateEmbeddedObjectPositionRequest updateFilterView:UpdateFilterViewRequest
    updateNamedRange:UpdateNamedRangeRequest updateProtectedRange:UpdateProtectedRangeRequest
    updateSheetProperties:UpdateSheetPropertiesRequest updateSlicerSpec:UpdateSlicerSpecRequest
    updateSpreadsheetProperties:UpdateSpreadsheetPropertiesRequest updateTable!
Response = addBanding:AddBandingResponse addChart:AddChartResponse addCommentReply! addDataSource!
    addDimensionGroup:AddDimensionGroupResponse addFilterView:AddFilterViewResponse
    addNamedRange:AddNamedRangeResponse addProtectedRange:AddProtectedRangeResponse addSheet:AddSheetResponse
    addSlicer:AddSlicerResponse addTable! cancelDataSourceRefresh!
    createDeveloperMetadata:CreateDeveloperMetadataResponse
    deleteConditionalFormatRule:DeleteConditionalFormatRuleResponse
    deleteDeveloperMetadata:DeleteDeveloperMetadataResponse deleteDimensionGroup:DeleteDimensionGroupResponse
    deleteDuplicates:DeleteDuplicatesResponse duplicateFilterView:DuplicateFilterViewResponse
    duplicateSheet:DuplicateSheetResponse findReplace:FindReplaceResponse insertComment! refreshDataSource!
    trimWhitespace:TrimWhitespaceResponse updateConditionalFormatRule:UpdateConditionalFormatRuleResponse
    updateDataSource! updateDeveloperMetadata:UpdateDeveloperMetadataResponse
    updateEmbeddedObjectPosition:UpdateEmbeddedObjectPositionResponse
RowData = values:[]CellData
SearchDeveloperMetadataRequest = dataFilters:[]DataFilter
SearchDeveloperMetadataResponse = matchedDeveloperMetadata:[]MatchedDeveloperMetadata
SetBasicFilterRequest = filter:BasicFilter
SetDataValidationRequest = filteredRowsIncluded:bool range:GridRange rule:DataValidationRule
Sheet = bandedRanges:[]BandedRange basicFilter:BasicFilter charts:[]EmbeddedChart columnGroups:[]DimensionGroup
    commentAnchors! conditionalFormats:[]ConditionalFormatRule data:[]GridData developerMetadata:[]DeveloperMetadata
    filterViews:[]FilterView merges:[]GridRange properties:SheetProperties protectedRanges:[]ProtectedRange
    rowGroups:[]DimensionGroup slicers:[]Slicer tables!
SheetProperties = dataSourceSheetProperties! gridProperties:GridProperties hidden:bool index:int32 rightToLeft:bool
    sheetId:int32 sheetType:SheetType tabColor:Color tabColorStyle:ColorStyle title:string
SortRangeRequest = range:GridRange sortSpecs:[]SortSpec
SortSpec = backgroundColor:Color backgroundColorStyle:ColorStyle dataSourceColumnReference! dimensionIndex:int32
    foregroundColor:Color foregroundColorStyle:ColorStyle sortOrder:SortOrder
Spreadsheet = comments! commentsViewMode! dataSourceSchedules! dataSources! developerMetadata:[]DeveloperMetadata
    namedRanges:[]NamedRange properties:SpreadsheetProperties sheets:[]Sheet spreadsheetId:string
    spreadsheetUrl:string
SpreadsheetProperties = autoRecalc:RecalculationInterval defaultFormat:CellFormat
    importFunctionsExternalUrlAccessAllowed:bool iterativeCalculationSettings:IterativeCalculationSettings
    locale:string spreadsheetTheme:SpreadsheetTheme timeZone:string title:string
SpreadsheetTheme = primaryFontFamily:string themeColors:[]ThemeColorPair
TextFormat = bold:bool fontFamily:string fontSize:int32 foregroundColor:Color foregroundColorStyle:ColorStyle
    italic:bool link:Link strikethrough:bool underline:bool
TextFormatRun = format:TextFormat startIndex:int32
TextRotation = angle:int32 vertical:bool
TextToColumnsRequest = delimiter:string delimiterType:DelimiterType source:GridRange
ThemeColorPair = color:ColorStyle colorType:ThemeColorType
TrimWhitespaceRequest = range:GridRange
TrimWhitespaceResponse = cellsChangedCount:int32
UnmergeCellsRequest = range:GridRange
UpdateBandingRequest = bandedRange:BandedRange fields:mask
UpdateBordersRequest = bottom:Border innerHorizontal:Border innerVertical:Border left:Border range:GridRange
    right:Border top:Border
UpdateCellsRequest = fields:mask range:GridRange rows:[]RowData start:GridCoordinate
UpdateConditionalFormatRuleRequest = index:int32 newIndex:int32 rule:ConditionalFormatRule sheetId:int32
UpdateConditionalFormatRuleResponse = newIndex:int32 newRule:ConditionalFormatRule oldIndex:int32
    oldRule:ConditionalFormatRule
UpdateDeveloperMetadataRequest = dataFilters:[]DataFilter developerMetadata:DeveloperMetadata fields:mask
UpdateDeveloperMetadataResponse = developerMetadata:[]DeveloperMetadata
UpdateDimensionGroupRequest = dimensionGroup:DimensionGroup fields:mask
UpdateDimensionPropertiesRequest = dataSourceSheetRange! fields:mask properties:DimensionProperties
    range:DimensionRange
UpdateFilterViewRequest = fields:mask filter:FilterView
UpdateNamedRangeRequest = fields:mask namedRange:NamedRange
UpdateProtectedRangeRequest = fields:mask protectedRange:ProtectedRange
UpdateSheetPropertiesRequest = fields:mask properties:SheetProperties
UpdateSpreadsheetPropertiesRequest = fields:mask properties:SpreadsheetProperties
UpdateValuesByDataFilterResponse = dataFilter:DataFilter updatedCells:int32 updatedColumns:int32
    updatedData:ValueRange updatedRange:string updatedRows:int32
UpdateValuesResponse = spreadsheetId:string updatedCells:int32 updatedColumns:int32 updatedData:ValueRange
    updatedRange:string updatedRows:int32
ValueRange = majorDimension:Dimension range:string values:[][]any
"""

ENUMS = """
BorderStyle = STYLE_UNSPECIFIED DOTTED DASHED SOLID SOLID_MEDIUM SOLID_THICK NONE DOUBLE
CommentUpdateState = COMMENT_UPDATE_STATE_UNSPECIFIED NO_UPDATES_REQUESTED ALL_SAVED ALL_FAILED_UNKNOWN_REASON
ConditionType = CONDITION_TYPE_UNSPECIFIED NUMBER_GREATER NUMBER_GREATER_THAN_EQ NUMBER_LESS NUMBER_LESS_THAN_EQ
    NUMBER_EQ NUMBER_NOT_EQ NUMBER_BETWEEN NUMBER_NOT_BETWEEN TEXT_CONTAINS TEXT_NOT_CONTAINS TEXT_STARTS_WITH
    TEXT_ENDS_WITH TEXT_EQ TEXT_IS_EMAIL TEXT_IS_URL DATE_EQ DATE_BEFORE DATE_AFTER DATE_ON_OR_BEFORE DATE_ON_OR_AFTER
    DATE_BETWEEN DATE_NOT_BETWEEN DATE_IS_VALID ONE_OF_RANGE ONE_OF_LIST BLANK NOT_BLANK CUSTOM_FORMULA BOOLEAN
    TEXT_NOT_EQ DATE_NOT_EQ FILTER_EXPRESSION
DateTimeRenderOption = SERIAL_NUMBER FORMATTED_STRING
DeveloperMetadataLocationMatchingStrategy = DEVELOPER_METADATA_LOCATION_MATCHING_STRATEGY_UNSPECIFIED EXACT_LOCATION
    INTERSECTING_LOCATION
DeveloperMetadataLocationType = DEVELOPER_METADATA_LOCATION_TYPE_UNSPECIFIED ROW COLUMN SHEET SPREADSHEET
DeveloperMetadataVisibility = DEVELOPER_METADATA_VISIBILITY_UNSPECIFIED DOCUMENT PROJECT
DelimiterType = DELIMITER_TYPE_UNSPECIFIED COMMA SEMICOLON PERIOD SPACE CUSTOM AUTODETECT
Dimension = DIMENSION_UNSPECIFIED ROWS COLUMNS
ErrorType = ERROR_TYPE_UNSPECIFIED ERROR NULL_VALUE DIVIDE_BY_ZERO VALUE REF NAME NUM N_A LOADING
HorizontalAlign = HORIZONTAL_ALIGN_UNSPECIFIED LEFT CENTER RIGHT
HyperlinkDisplayType = HYPERLINK_DISPLAY_TYPE_UNSPECIFIED LINKED PLAIN_TEXT
InsertDataOption = OVERWRITE INSERT_ROWS
InterpolationPointType = INTERPOLATION_POINT_TYPE_UNSPECIFIED MIN MAX NUMBER PERCENT PERCENTILE
MergeType = MERGE_ALL MERGE_COLUMNS MERGE_ROWS
NumberFormatType = NUMBER_FORMAT_TYPE_UNSPECIFIED TEXT NUMBER PERCENT CURRENCY DATE TIME DATE_TIME SCIENTIFIC
PasteOrientation = NORMAL TRANSPOSE
PasteType = PASTE_NORMAL PASTE_VALUES PASTE_FORMAT PASTE_NO_BORDERS PASTE_FORMULA PASTE_DATA_VALIDATION
    PASTE_CONDITIONAL_FORMATTING
RecalculationInterval = RECALCULATION_INTERVAL_UNSPECIFIED ON_CHANGE MINUTE HOUR
RelativeDate = RELATIVE_DATE_UNSPECIFIED PAST_YEAR PAST_MONTH PAST_WEEK YESTERDAY TODAY TOMORROW
SheetType = SHEET_TYPE_UNSPECIFIED GRID OBJECT DATA_SOURCE
SortOrder = SORT_ORDER_UNSPECIFIED ASCENDING DESCENDING
TextDirection = TEXT_DIRECTION_UNSPECIFIED LEFT_TO_RIGHT RIGHT_TO_LEFT
ThemeColorType = THEME_COLOR_TYPE_UNSPECIFIED TEXT BACKGROUND ACCENT1 ACCENT2 ACCENT3 ACCENT4 ACCENT5 ACCENT6 LINK
ValueInputOption = INPUT_VALUE_OPTION_UNSPECIFIED RAW USER_ENTERED
ValueRenderOption = FORMATTED_VALUE UNFORMATTED_VALUE FORMULA
VerticalAlign = VERTICAL_ALIGN_UNSPECIFIED TOP MIDDLE BOTTOM
WrapStrategy = WRAP_STRATEGY_UNSPECIFIED OVERFLOW_CELL LEGACY_WRAP CLIP WRAP
"""
